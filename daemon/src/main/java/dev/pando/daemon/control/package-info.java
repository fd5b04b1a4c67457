/**
 * How a command reaches a daemon: JSON-RPC 2.0, one message a line, over a Unix domain socket that
 * only its owner can open. {@link dev.pando.daemon.control.MountRegistry} tells which daemons there
 * are, {@link dev.pando.daemon.control.ControlClient} asks one, {@link
 * dev.pando.daemon.control.ControlServer} answers with {@link
 * dev.pando.daemon.control.ControlMethod}s. The first line of a connection comes from the daemon
 * and says its version; while long work goes on, it gives a sign of life every half second, so that
 * a client can tell a daemon that works from one that hangs.
 */
package dev.pando.daemon.control;
