# A worker that never reads its messages.
import time
while True:
    time.sleep(60)
