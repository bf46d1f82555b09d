"""The template language, compared with what Microsoft's own deployments engine predicts."""
