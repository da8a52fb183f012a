"""Which reports, from which outlets, tell the same event?"""
