package dev.pando.daemon.vm.listing;

import dev.pando.cowstore.Quota;

/** The quota of a VM, and what counts to it. */
public record VmQuota(String name, Quota quota) {}
