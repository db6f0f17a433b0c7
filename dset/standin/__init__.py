"The stand-in data set: road scenes that are drawn, not filmed."
