"""What the tests of the doors share: a scripted bot and a running playground."""
