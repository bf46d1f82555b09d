"""What a developer runs around the app: the trial stack, a client that speaks as Brent does, a real Kafka broker."""
