"""The methods of the realtime API, called through a connection or through REST (``method.call``)."""
