package dev.pando.daemon.memory;

/**
 * What a hypervisor needs for a VM beside the memory that its guest sees: frame buffer, page tables
 * and what its devices need. The figures are VMware's (vSphere 6.7 Resource Management, "Overhead
 * Memory on Virtual Machines"); between them, and beyond, the amount follows a straight line.
 */
public final class OverheadTable {
  private static final long[] GUEST_MEBIBYTES = {256, 1024, 4096, 16_384};
  private static final long[] PROCESSORS = {1, 2, 4, 8};

  /** In megabytes; a row for each guest size, a column for each number of processors. */
  private static final double[][] MEBIBYTES = {
    {20.29, 24.28, 32.23, 48.16},
    {25.90, 29.91, 37.86, 53.82},
    {48.64, 52.72, 60.67, 76.78},
    {139.62, 143.98, 151.93, 168.60},
  };

  private OverheadTable() {}

  /** The overhead of a VM, rounded up to whole bytes. */
  public static long bytes(long guestBytes, int processors) {
    double guest = (double) guestBytes / Units.MIB;
    int row = segment(GUEST_MEBIBYTES, guest);
    double lower = inRow(row, processors);
    double upper = inRow(row + 1, processors);
    double mebibytes = line(GUEST_MEBIBYTES, row, guest, lower, upper);
    return (long) Math.ceil(mebibytes * Units.MIB);
  }

  private static double inRow(int row, int processors) {
    int column = segment(PROCESSORS, processors);
    return line(PROCESSORS, column, processors, MEBIBYTES[row][column], MEBIBYTES[row][column + 1]);
  }

  /** Between which two points a value lies; of one beyond the last, the last two. */
  private static int segment(long[] points, double value) {
    int segment = 0;
    while (segment < points.length - 2 && value > points[segment + 1]) {
      segment++;
    }
    return segment;
  }

  private static double line(
      long[] points, int segment, double value, double atLower, double atUpper) {
    long lower = points[segment];
    long upper = points[segment + 1];
    return atLower + (atUpper - atLower) * (value - lower) / (upper - lower);
  }
}
