package dev.pando.daemon.tree;

/**
 * Who makes a request.
 *
 * @param userId effective user id
 * @param groupId effective group id
 * @param processId as the daemon's process id namespace sees it; 0 if unknown
 * @param umask bits to clear from the mode of what is made; 0 if already cleared
 */
public record Caller(int userId, int groupId, int processId, int umask) {}
