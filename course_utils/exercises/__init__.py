"""What `checks.check` compares the learner's answers with: one module for each lesson."""
