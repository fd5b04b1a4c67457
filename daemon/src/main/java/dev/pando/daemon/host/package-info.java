/**
 * What this process needs to know of its host: whom it acts for, since when the host is up, which
 * processes live; and how its threads stand among others.
 */
package dev.pando.daemon.host;
