"""What is asked and said: data, and the one import of `transitions`. No chat, no store and no clock may enter."""
