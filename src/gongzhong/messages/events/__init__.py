"""Every event that WeChat pushes, one module a chapter of the official list (事件推送)."""
