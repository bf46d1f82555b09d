"""The steps of each verb, which the activities take: one module for each verb."""
