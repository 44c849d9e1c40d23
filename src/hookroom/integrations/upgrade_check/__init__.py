"""What each script does differently natively: both modes on the same requests, compared."""
