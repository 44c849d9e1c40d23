"""Use cases of uploaded files: taking them in, posting them, who may download them, and removing them."""
