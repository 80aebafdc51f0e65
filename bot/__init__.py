"""What Handrail decides: pure rules, and one shell (`bot.bot`). No chat platform and no SQL may enter this room."""
