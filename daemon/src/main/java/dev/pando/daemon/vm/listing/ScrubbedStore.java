package dev.pando.daemon.vm.listing;

import dev.pando.cowstore.ScrubReport;
import java.util.List;

/** What a scrub found, with the names of what is damaged. */
public record ScrubbedStore(ScrubReport report, List<DamagedFile> damaged) {}
