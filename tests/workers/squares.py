# A worker on the descriptor that PIPEWRIGHT_CHANNEL_FD names.
import json, os, socket

channel = socket.socket(fileno=int(os.environ["PIPEWRIGHT_CHANNEL_FD"])).makefile("rw")
for line in channel:
    print(json.dumps({"square": json.loads(line) ** 2}), file=channel, flush=True)
