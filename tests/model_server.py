"""A server on this machine that answers like an OpenAI endpoint, as a test wants it to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-0123456789-not-to-be-kept"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def completion(text, tokens_in=60, tokens_out=40):
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out,
                  "total_tokens": tokens_in + tokens_out},
    }  # fmt: skip


def raw(*parts, pause=0.0):
    """Writes bytes to the connection, with pauses, and closes it."""

    def write(handler):
        handler.close_connection = True
        try:
            for part in parts:
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(pause)
        except OSError:
            return  # the client has gone, as it should

    return write


class Server(ThreadingHTTPServer):
    """Answers like an OpenAI endpoint with what ``reply(prompt, number)`` gives."""

    daemon_threads = True
    reply = staticmethod(lambda prompt, number: completion(f"answer to {prompt}"))

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append(body)
            number = len(self.server.seen)
        user = body["messages"][-1]["content"]
        said = self.server.reply(user if isinstance(user, str) else user[-1]["text"], number)
        if callable(said):  # it writes to the connection as it likes
            said(self)
            return
        status, said, more = said if isinstance(said, tuple) else (200, said, {})
        data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(said, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": len(data), **more}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Keeps the tests' output clean."""
