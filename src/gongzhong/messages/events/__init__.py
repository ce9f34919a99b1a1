"""Every event that WeChat pushes, by what it is about (事件推送)."""
