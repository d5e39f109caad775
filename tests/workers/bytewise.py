# Writes a message byte by byte, and one that is half of a pair of surrogates.
import os

out = int(os.environ["PIPEWRIGHT_CHANNEL_FD"])
for byte in '{"text": "né"}\n"\\ud83d"\n[12345678901234567890]\n'.encode():
    os.write(out, bytes([byte]))
