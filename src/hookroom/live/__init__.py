"""What happens, told to the clients that listen: who listens to what, and what each of them is told."""
