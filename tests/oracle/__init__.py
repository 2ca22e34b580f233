"""PyTorch as judge: its own test data, run through minitorch and compared.

Needs the extra `oracle`; run with `python -m pytest tests/oracle`.
"""
