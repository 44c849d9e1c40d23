"""The process in which scripts run: WebAssembly, and nothing else of the machine."""
