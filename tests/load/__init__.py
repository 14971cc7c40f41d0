"""Load: a mix of what people do, on as many listings and submissions as one likes.

`make load` fills a private installation, has locust's users browse, search, download, hand
in and buy, prints what it took and what was lost, and writes a page with plots.
"""
