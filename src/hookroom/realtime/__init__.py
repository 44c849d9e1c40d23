"""The realtime API: ``/websocket``, its protocol (DDP) and its connections."""
