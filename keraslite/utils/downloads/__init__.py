"""Files from the network: fetched whole or not at all, checked, unpacked safely."""
