"""Made reports of level `hard`: the house styles and traps of real reports, with gold."""
