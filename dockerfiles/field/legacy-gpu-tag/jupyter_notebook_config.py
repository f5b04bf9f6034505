# What the server of this image is told: every address of the container, and no browser.
import os

c.NotebookApp.ip = "*"
c.NotebookApp.port = int(os.environ.get("PORT", 8888))
c.NotebookApp.open_browser = False
