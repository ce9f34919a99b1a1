"""Develop, test and run WeChat Official Accounts (微信公众号) in Python."""
