# What the launcher, the demo and the tests share: packages, Java, the build. Sourced, never run.
#
# PANDO_HOME     directory of the module cli, set by whoever sources this file
# PANDO_JARS     a directory of jars to run as they are, instead of a build of this checkout
# JAVA_HOME      the Java to use; else the one on PATH, else any in /usr/lib/jvm, 17 or newer
#
# A build is published into a directory of its own and never changed again: a daemon that runs from
# an older one keeps its jars, and an archive of class data fits the jars that it stands beside.

readonly MINIMUM_JAVA=17
PATH=$PATH:/usr/sbin:/sbin           # mke2fs, debugfs: not on everyone's PATH
checkout=${PANDO_HOME%/*}
checkout=${checkout:-/}
build_log=cli/target/build.log       # below $checkout; what apt and Maven print

say() { printf '%s\n' "$*" >&2; }

die() { # EXIT_CODE SENTENCE
  say "pando: $2"
  exit "$1"
}

# ---- Java ---------------------------------------------------------------------------------------

# The feature release (17, 21, ...) of the Java in directory $1, into $release; fails when there is none.
release_of() {
  local line
  release=0
  [[ -x $1/bin/java && -r $1/release ]] || return 1
  while IFS= read -r line; do
    [[ $line =~ ^JAVA_VERSION=\"(1\.)?([0-9]+) ]] && release=${BASH_REMATCH[2]} && return 0
  done <"$1/release"
  return 1
}

# Sets home_on_path to the home of the Java whose program $1 is on PATH, or to nothing. PATH has links
# to it as a rule; to see which they lead to takes no process, which would take milliseconds.
find_home_on_path() {
  local candidate program
  home_on_path=
  hash "$1" 2>/dev/null || :
  program=${BASH_CMDS[$1]-}
  [[ -n $program ]] || program=$(type -P "$1") || return 0
  for candidate in /usr/lib/jvm/*; do
    [[ ! -L $candidate && $candidate/bin/$1 -ef $program ]] && home_on_path=$candidate && return 0
  done
  program=$(readlink -f "$program")
  home_on_path=${program%/bin/*}
}

# Sets java_home and java_release to a Java that is new enough; $1 = javac asks for one that can compile.
find_java() {
  local needed=bin/${1:-java} candidate home_on_path
  find_home_on_path "${1:-java}"
  for candidate in "${JAVA_HOME:-}" "$home_on_path" /usr/lib/jvm/*; do
    [[ -n $candidate && -x $candidate/$needed ]] || continue
    release_of "$candidate" || continue
    ((release >= MINIMUM_JAVA)) || continue
    java_home=$candidate java_release=$release
    return 0
  done
  return 1
}

# ---- packages -----------------------------------------------------------------------------------

# Whether a command, or a shared library by its soname, is installed.
has() {
  case $1 in
    lib*.so.*) [[ $(ldconfig -p) = *[[:space:]]"$1 "* ]] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Installs the Debian packages that bring the commands or libraries named: install_for WHO NAME=PACKAGE...
install_for() {
  local who=$1 pair missing=()
  shift
  for pair in "$@"; do
    has "${pair%%=*}" || missing+=("${pair#*=}")
  done
  find_java javac || missing+=(openjdk-17-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  ((${#missing[@]})) || return 0
  mapfile -t missing < <(printf "%s\n" "${missing[@]}" | sort -u)
  command -v apt-get >/dev/null ||
    die 1 "$who needs these Debian packages, and there is no apt-get here to install them: ${missing[*]}"
  ((EUID == 0)) ||
    die 1 "$who needs packages that only root can install: sudo apt-get install ${missing[*]}"
  say "Installing ${missing[*]} (log: $build_log)"
  mkdir -p "$checkout/${build_log%/*}"
  {
    apt-get update &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
  } </dev/null >>"$checkout/$build_log" 2>&1 || die 1 "apt-get could not install them; $build_log says why"
}

# ---- the build ----------------------------------------------------------------------------------

# Whether the published build is older than a source file, or there is none.
build_is_stale() {
  local published=$PANDO_HOME/target/current/published source
  [[ -e $published && -e ${published%/*}/name ]] || return 0
  shopt -s globstar
  for source in "$checkout"/pom.xml "$checkout"/{cowstore,daemon,cli}/{pom.xml,src/main/**}; do
    [[ ! $source -nt $published ]] || break
  done
  shopt -u globstar
  [[ $source -nt $published ]]
}

# Whether this user is to build: not where somebody else has, and only he may do it again.
may_build() { [[ -w $PANDO_HOME/target || ! -L $PANDO_HOME/target/current ]]; }

# Compiles and publishes this checkout, unless another process did while we waited for it.
build() {
  { command -v mvn >/dev/null && find_java javac; } ||
    die 1 "Pando is not built yet and a JDK ($MINIMUM_JAVA or newer) or Maven is missing; 'pando demo' installs both"
  mkdir -p "$PANDO_HOME/target" 2>/dev/null ||
    die 1 "Pando is not built yet and this user may not write to $PANDO_HOME/target"
  local lock
  exec {lock}>"$PANDO_HOME/target/build.lock"
  flock "$lock"
  if build_is_stale; then
    : >"$PANDO_HOME/target/started"
    say "Building Pando once (log: $build_log)"
    (cd "$checkout" && JAVA_HOME=$java_home mvn -B -pl cli -am package -Dmaven.test.skip=true -Dspotless.check.skip) \
      </dev/null >>"$checkout/$build_log" 2>&1 {lock}>&- || die 1 "the build failed; $build_log says why"
    publish
  fi
  exec {lock}>&-
}

publish() {
  local target=$PANDO_HOME/target builds=$PANDO_HOME/target/builds fresh old
  mkdir -p "$builds"
  fresh=$(mktemp -d "$builds/XXXXXX")
  chmod 755 "$fresh"
  cp "$target"/lib/*.jar "$fresh/"
  # as old as the sources that were compiled: an edit during the build makes it stale
  mv "$target/started" "$fresh/published"
  echo "${fresh##*/}" >"$fresh/name"
  ln -sfn "builds/${fresh##*/}" "$target/current.new"
  mv -T "$target/current.new" "$target/current"
  for old in "$builds"/*; do
    [[ $old = "$fresh" ]] || is_in_use "$old" || rm -rf "$old"
  done
}

# Whether somebody runs from a build, or will: a keeper holds its own, also where no process is seen.
is_in_use() {
  grep -qsaF "$1" /proc/[0-9]*/cmdline || { [[ -e $1/published ]] && ! flock -n "$1/published" true; }
}

# Holds the build that daemon_command is of, as long as this process or one that it starts lives.
hold_build() {
  local build
  [[ ! -r $jars/published ]] || { exec {build}<"$jars/published" && flock -s "$build"; }
} 2>/dev/null

# Sets jars to the directory to run from, building first if the sources are newer.
find_jars() {
  if [[ -n ${PANDO_JARS:-} ]]; then
    jars=$PANDO_JARS
  else
    if [[ -z ${no_build-} && -f $checkout/pom.xml ]] && build_is_stale && may_build; then build; fi
    # by its own name: what "current" leads to may change while Java runs. Builds of earlier versions
    # have no such file, and a user who may not build runs one all the same
    local name
    if [[ -r $PANDO_HOME/target/current/name ]] && read -r name <"$PANDO_HOME/target/current/name"; then
      jars=$PANDO_HOME/target/builds/$name
    else
      jars=$(cd -P "$PANDO_HOME/target/current" 2>/dev/null && pwd) ||
        die 1 "Pando is not built: there are no jars in $PANDO_HOME/target"
    fi
  fi
}

# ---- running Java -------------------------------------------------------------------------------

# Sets class_path and jvm (the command and its flags) for the program named $1 (cli or daemon).
prepare_jvm() {
  find_java || die 1 "Pando needs Java $MINIMUM_JAVA or newer and found none; set JAVA_HOME or install a JRE"
  find_jars
  local all=("$jars"/*.jar) IFS=:
  class_path=${all[*]}
  # the JVM's own messages never mix with a command's output
  jvm=("$java_home/bin/java" -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr)
  export LC_ALL=C.UTF-8      # names of VMs are UTF-8, whatever the locale of the caller
  archive=$jars/$1-$java_release-${java_home//\//_}.jsa
}

# Whether the archive is missing, or older than a jar.
archive_is_stale() {
  local jar
  for jar in "$jars"/*.jar; do [[ ! $jar -nt $archive ]] || return 0; done
  return 1
}

# Sets native to the flags of a JVM that opens a store.
store_flags() {
  # lmdbjava takes the address of a direct buffer from the two packages opened here
  native=(--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED)
  # newer JVMs warn of what jnr-ffi and lmdbjava do: it is meant
  ((java_release >= 22)) && native+=(--enable-native-access=ALL-UNNAMED)
  ((java_release >= 23)) && native+=(--sun-misc-unsafe-memory-access=allow)
  return 0
}

# Sets daemon_command to what runs a daemon; jvm and flags are parts of it, for one that is observed.
prepare_daemon() {
  prepare_jvm daemon
  store_flags
  # G1 with a small young generation: little is allocated while requests are served, so collections are
  # rare, and each has little to copy: pauses of some 5 ms where larger ones took 30. The heap stays near
  # what lives: it does not grow to save time, and when it has been idle it gives back what is free
  flags=(-Xms64m -Xmx512m -XX:+UseG1GC -Xmn12m -XX:GCTimeRatio=1 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30
    -XX:G1PeriodicGCInterval=60000 -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -XX:CompileThresholdScaling=3 "${native[@]}")
  local bare=("${jvm[@]}")
  use_archive
  daemon_command=("${jvm[@]}" "${flags[@]}" -cp "$class_path" dev.pando.daemon.Daemon)
  jvm=("${bare[@]}")
}

# Adds the class data archive for this JVM and these jars to jvm, if there is one.
use_archive() {
  [[ -s $archive ]] && jvm+=(-XX:SharedArchiveFile="$archive")
}

# Makes the archive: make_archive TRAINING, a function that runs the program with the flag it is given.
# It is a static one, for picocli's class files are too old for the dynamic kind. Whoever comes first
# makes it; side by side each makes one of its own and the last stays. Without one all works, slower.
make_archive() {
  local mine=$archive.$BASHPID left maker
  for left in "$archive".[0-9]*; do # of one that was killed
    maker=${left#"$archive".}
    kill -0 "${maker%%.*}" 2>/dev/null || rm -f "$left"
  done
  "$1" -XX:DumpLoadedClassList="$mine.list" </dev/null >/dev/null 2>&1
  "${jvm[@]}" -Xshare:dump -XX:SharedClassListFile="$mine.list" -XX:SharedArchiveFile="$mine" \
    -cp "$class_path" </dev/null >/dev/null 2>&1
  rm -f "$mine.list"
  # an empty archive is ignored by the JVM, and keeps us from trying at every command
  [[ -s $mine ]] || : >"$mine"
  mv -f "$mine" "$archive"
}
