"""How long a worker may take to leave."""

LEAVE_S = 60.0  # 5 are promised; a busy machine may add what it likes
