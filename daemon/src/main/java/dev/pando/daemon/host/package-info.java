/** Whom this process acts for on the host: its user and groups. */
package dev.pando.daemon.host;
