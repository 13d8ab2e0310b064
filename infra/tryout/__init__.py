"""The planned gateway on this machine, before stand-ins of the engines: no cluster, no GPU."""
