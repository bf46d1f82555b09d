"""Requests and answers as they go over the wire: messages, errors, lists, JSON, connections."""
