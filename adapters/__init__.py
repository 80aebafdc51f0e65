"""The doors: chat platforms, the playground, the console, the store. Two translations each; no rule may enter."""
