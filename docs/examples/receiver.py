"""A receiver for outgoing webhooks: prints each call and answers with a message to post.

python3 docs/examples/receiver.py [PORT]     (needs nothing but Python)
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Answers ``deploy …`` with a message."""

    def do_POST(self) -> None:
        """One delivery."""
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(f"{call['user_name']} in #{call['channel_name']}: {call['text']}", flush=True)
        answer = json.dumps({"text": f"On it: {call['text']}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Keep the output to the calls."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver).serve_forever()
