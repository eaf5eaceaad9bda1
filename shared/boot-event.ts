/*
 * What a boot logs at seq 0, where it has something to tell, whatever the logger's level: its number
 * (0 where nothing counts boots), why it began, the application's version, and the number of the
 * oldest boot of which flash holds anything (its own for none). Values in that order; level `info`.
 */

export const bootTag = "fleetlog";

export const bootFormat = "boot %d after %s, firmware %s, flash holds boots from %d";
