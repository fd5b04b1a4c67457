package dev.pando.daemon.vmware;

/** What a file of a VM's directory is, as far as its name tells. */
public enum FileKind {
  /** {@code .vmx}, {@code .vmtx}: the configuration. */
  CONFIGURATION(CloneAction.REWRITE),
  /** {@code .vmxf}: team membership. */
  SUPPLEMENT(CloneAction.REWRITE),
  /**
   * {@code NAME.vmdk}: a disk's descriptor as text, or a sparse image with a descriptor inside. Its
   * first bytes tell ({@link VmdkContent}); an image is forked and its descriptor rewritten in
   * place.
   */
  DISK(CloneAction.REWRITE),
  /** {@code -flat}, {@code -f001}, {@code -s001}, {@code -delta}, {@code -sesparse}: disk data. */
  EXTENT(CloneAction.FORK),
  /** {@code .qcow2 .raw .img .vdi .vhdx}: an image of another format. */
  IMAGE(CloneAction.FORK),
  /** {@code -rdm}, {@code -rdmp}: stands for a physical disk, whose data is not in the file. */
  PHYSICAL_DISK(CloneAction.REFUSE),
  /** {@code -ctk}: changed block tracking. */
  CHANGE_TRACKING(CloneAction.DROP),
  /** {@code .nvram}: firmware settings. */
  NVRAM(CloneAction.FORK),
  /** {@code .vmsd}: the list of snapshots. */
  SNAPSHOT_LIST(CloneAction.RESET),
  /** {@code .vmsn}: a snapshot's state, with a copy of the configuration inside. */
  SNAPSHOT_STATE(CloneAction.DROP),
  /** {@code .vmss}, {@code .std}: suspended state. */
  SUSPENDED_STATE(CloneAction.DROP),
  /** {@code .vmem}, {@code .vswp}: a running VM's memory, or a crashed or suspended one's. */
  MEMORY(CloneAction.DROP),
  /** {@code -SnapshotN.vmem}: the memory of a snapshot, which lies there while nothing runs. */
  SNAPSHOT_MEMORY(CloneAction.DROP),
  /** {@code .lck}: a running VM's locks, or a crashed one's. */
  LOCK(CloneAction.DROP),
  /** {@code .REDO}: uncommitted changes of an old product; cloning would lose them. */
  REDO_LOG(CloneAction.REFUSE),
  /** Logs, statistics, caches, dumps: what the next start makes anew. */
  LITTER(CloneAction.DROP),
  /** Anything else belongs to the VM's owner. */
  OTHER(CloneAction.FORK);

  private final CloneAction action;

  FileKind(CloneAction action) {
    this.action = action;
  }

  /**
   * Whether such a file is there only while the VM runs or is suspended, or after it crashed: its
   * disks are not to be frozen as they are.
   */
  public boolean isLeftByARun() {
    return this == MEMORY || this == LOCK || this == SUSPENDED_STATE;
  }

  /** What a linked clone does with it. */
  public CloneAction action() {
    return action;
  }
}
