"""What a change to a stack does: pure functions over two plan documents, and the base that they are compared with."""
