"""Who accounts say they are, and from where and with which client they ask."""
