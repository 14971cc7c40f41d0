"""What honest code does, as a submission brings it: numpy, files, threads, a child."""

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

total = []
thread = threading.Thread(target=lambda: total.append(np.arange(4) @ np.arange(4)))
thread.start()
thread.join()
with tempfile.TemporaryFile() as file:
    np.save(file, np.eye(3))
asyncio.run(asyncio.sleep(0))
child = [sys.executable, "-S", "-c", "print(2 * 3)"]
said = subprocess.run(child, capture_output=True, check=True).stdout
Path(os.environ["OUTPUTS"]).write_text(
    f'"{float(total[0])} and a child said {said.decode().strip()}"'
)
