"""Many DNS questions at once over few UDP sockets, politely: built and read by hand where plain, by dnspython else."""
