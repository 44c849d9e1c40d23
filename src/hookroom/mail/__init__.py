"""Sending e-mail: what a mail is, the texts, the queue, SMTP."""
