"""What scripts are run with where there is nothing recorded: requests, events and answers of the usual shapes."""
