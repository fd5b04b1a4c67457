package dev.pando.cowstore.schedule;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Puts calls to {@link Hooks} into classes. */
final class Weaver {
  private static final String HOOKS = Type.getInternalName(Hooks.class);
  private static final String OWN = "dev/pando/cowstore/";
  private static final String VAR_HANDLE = "java/lang/invoke/VarHandle";

  /** Static methods, and those of classes that are loaded anew, by their name in {@link Hooks}. */
  private static final Map<String, String> BY_NAME =
      Map.ofEntries(
          Map.entry("java/lang/System.nanoTime()J", "nanoTime"),
          Map.entry("java/lang/System.currentTimeMillis()J", "currentTimeMillis"),
          Map.entry("java/lang/Thread.yield()V", "spin"),
          Map.entry("java/lang/Thread.onSpinWait()V", "spin"),
          Map.entry("java/lang/Thread.sleep(J)V", "sleep"),
          Map.entry("java/util/concurrent/locks/LockSupport.park()V", "park"),
          Map.entry("java/util/concurrent/locks/LockSupport.parkNanos(J)V", "parkNanos"),
          Map.entry("java/util/concurrent/locks/LockSupport.unpark(Ljava/lang/Thread;)V", "unpark"),
          Map.entry(OWN + "Patience.again(I)Z", "again"));

  /** What goes by an object's place in memory would differ from run to run. */
  private static final Map<String, String> ORDERED =
      Map.of(
          "java/util/HashSet", "java/util/LinkedHashSet",
          "java/util/HashMap", "java/util/LinkedHashMap");

  /** What waits and is not replaced: a strand would wait with all others behind it. */
  private static final List<String> REFUSED =
      List.of(
          "java/util/concurrent/locks/Condition",
          "java/util/concurrent/CountDownLatch",
          "java/util/concurrent/CompletableFuture",
          "java/util/concurrent/Future",
          "java/util/concurrent/ExecutorService");

  /** Instance methods to be replaced: owner, name and descriptor, to the hook's descriptor. */
  private final Map<String, String> instead = new HashMap<>();

  /** Names of places; a site is an index into it. */
  private final List<String> sites = new ArrayList<>(List.of("a lock"));

  Weaver() {
    for (Method hook : Hooks.class.getMethods()) {
      Class<?>[] types = hook.getParameterTypes();
      if (hook.getDeclaringClass() == Hooks.class && types.length > 0) {
        String whole = Type.getMethodDescriptor(hook);
        String first = Type.getDescriptor(types[0]);
        String name = hook.getName().equals("await") ? "wait" : hook.getName();
        String of = Type.getInternalName(types[0]) + "." + name;
        instead.put(of + "(" + whole.substring(1 + first.length()), whole);
      }
    }
    for (String lock :
        List.of(
            "ReentrantLock",
            "ReentrantReadWriteLock$ReadLock",
            "ReentrantReadWriteLock$WriteLock")) {
      for (String method : List.of("lock()V", "tryLock()Z", "unlock()V")) {
        String of = "java/util/concurrent/locks/";
        instead.put(of + lock + "." + method, instead.get(of + "Lock." + method));
      }
    }
  }

  /** Where a site is. */
  synchronized String site(int index) {
    return sites.get(index);
  }

  private synchronized int site(String place) {
    sites.add(place);
    return sites.size() - 1;
  }

  /**
   * The class with the calls in it.
   *
   * @param facts of our own classes; null if nothing in this one is a step
   */
  byte[] weave(byte[] original, Function<String, ClassFacts> facts) {
    ClassReader reader = new ClassReader(original);
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    reader.accept(new WovenClass(writer, reader.getClassName(), facts), 0);
    return writer.toByteArray();
  }

  /** Whether a class's methods are atomic operations, or those of collections for many threads. */
  static boolean isAtomic(String of) {
    return of.equals(VAR_HANDLE)
        || (of.startsWith("java/util/concurrent/")
            && !of.startsWith("java/util/concurrent/locks/")
            && !of.endsWith("/TimeUnit"));
  }

  private final class WovenClass extends ClassVisitor {
    private final String owner;
    private final Function<String, ClassFacts> facts;

    WovenClass(ClassVisitor next, String owner, Function<String, ClassFacts> facts) {
      super(Opcodes.ASM9, next);
      this.owner = owner;
      this.facts = facts;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String desc, String signature, String[] exceptions) {
      boolean isSynchronized = (access & Opcodes.ACC_SYNCHRONIZED) != 0;
      String inner = isSynchronized ? method + "$held" : method;
      if (isSynchronized) {
        holding(access & ~Opcodes.ACC_SYNCHRONIZED, method, inner, desc, exceptions);
        access = (access & Opcodes.ACC_STATIC) | Opcodes.ACC_PRIVATE;
      }
      MethodVisitor next = super.visitMethod(access, inner, desc, signature, exceptions);
      boolean accesses = facts != null && facts.apply(owner).accessors().contains(method + desc);
      return new WovenMethod(next, owner, method, accesses ? null : facts);
    }

    /** A method that holds its object's monitor while it calls another. */
    private void holding(
        int access, String method, String inner, String desc, String[] exceptions) {
      if ((access & Opcodes.ACC_STATIC) != 0) {
        throw new IllegalStateException("a static synchronized method: " + owner + "." + method);
      }
      MethodVisitor out = super.visitMethod(access, method, desc, null, exceptions);
      Type[] arguments = Type.getArgumentTypes(desc);
      Label from = new Label();
      Label to = new Label();
      Label failed = new Label();
      out.visitCode();
      out.visitTryCatchBlock(from, to, failed, null);
      if (facts != null) {
        out.visitLdcInsn(site(owner.substring(owner.lastIndexOf('/') + 1) + "." + method));
        out.visitMethodInsn(Opcodes.INVOKESTATIC, HOOKS, "point", "(I)V", false);
      }
      onThis(out, "enter");
      out.visitLabel(from);
      out.visitVarInsn(Opcodes.ALOAD, 0);
      int at = 1;
      for (Type argument : arguments) {
        out.visitVarInsn(argument.getOpcode(Opcodes.ILOAD), at);
        at += argument.getSize();
      }
      out.visitMethodInsn(Opcodes.INVOKESPECIAL, owner, inner, desc, false);
      out.visitLabel(to);
      onThis(out, "exit");
      out.visitInsn(Type.getReturnType(desc).getOpcode(Opcodes.IRETURN));
      out.visitLabel(failed);
      List<Object> locals = new ArrayList<>(List.of(owner));
      for (Type argument : arguments) {
        locals.add(frameType(argument));
      }
      out.visitFrame(
          Opcodes.F_FULL, locals.size(), locals.toArray(), 1, new Object[] {"java/lang/Throwable"});
      onThis(out, "exit");
      out.visitInsn(Opcodes.ATHROW);
      out.visitMaxs(0, 0);
      out.visitEnd();
    }

    private void onThis(MethodVisitor out, String hook) {
      out.visitVarInsn(Opcodes.ALOAD, 0);
      out.visitMethodInsn(Opcodes.INVOKESTATIC, HOOKS, hook, "(Ljava/lang/Object;)V", false);
    }

    private Object frameType(Type type) {
      return switch (type.getSort()) {
        case Type.LONG -> Opcodes.LONG;
        case Type.DOUBLE -> Opcodes.DOUBLE;
        case Type.FLOAT -> Opcodes.FLOAT;
        case Type.OBJECT, Type.ARRAY -> type.getInternalName();
        default -> Opcodes.INTEGER;
      };
    }
  }

  private final class WovenMethod extends MethodVisitor {
    private final String owner;
    private final String method;
    private final Function<String, ClassFacts> facts;
    private int line;

    WovenMethod(
        MethodVisitor next, String owner, String method, Function<String, ClassFacts> facts) {
      super(Opcodes.ASM9, next);
      this.owner = owner;
      this.method = method;
      this.facts = facts;
    }

    private boolean isInitializer() {
      return method.equals("<clinit>");
    }

    private void point(String what) {
      if (facts == null) {
        return;
      }
      String place = owner.substring(owner.lastIndexOf('/') + 1) + "." + method;
      visitLdcInsn(site(place + ":" + line + " " + what));
      hook("point", "(I)V");
    }

    private void hook(String name, String desc) {
      super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOKS, name, desc, false);
    }

    @Override
    public void visitCode() {
      super.visitCode();
      if (isInitializer()) {
        hook("beginOneStep", "()V");
      }
    }

    @Override
    public void visitLineNumber(int number, Label start) {
      line = number;
      super.visitLineNumber(number, start);
    }

    @Override
    public void visitInsn(int opcode) {
      if (opcode == Opcodes.MONITORENTER) {
        point("synchronized");
        hook("enter", "(Ljava/lang/Object;)V");
      } else if (opcode == Opcodes.MONITOREXIT) {
        hook("exit", "(Ljava/lang/Object;)V");
      } else {
        if (opcode == Opcodes.RETURN && isInitializer()) {
          hook("endOneStep", "()V");
        }
        super.visitInsn(opcode);
      }
    }

    @Override
    public void visitFieldInsn(int opcode, String of, String name, String desc) {
      // in a constructor nobody else has the object, nor can a hook have it before super()
      if (facts != null
          && of.startsWith(OWN)
          && !method.equals("<init>")
          && facts.apply(of).sharedFields().contains(name)) {
        point(name);
      }
      super.visitFieldInsn(opcode, of, name, desc);
    }

    @Override
    public void visitTypeInsn(int opcode, String type) {
      super.visitTypeInsn(opcode, opcode == Opcodes.NEW ? ORDERED.getOrDefault(type, type) : type);
    }

    @Override
    public void visitMethodInsn(int opcode, String of, String name, String desc, boolean isItf) {
      if (opcode == Opcodes.INVOKESPECIAL && ORDERED.containsKey(of)) {
        super.visitMethodInsn(opcode, ORDERED.get(of), name, desc, isItf);
        return;
      }
      String key = of + "." + name + desc;
      if (opcode == Opcodes.INVOKESPECIAL && of.equals("java/lang/Thread")) {
        threadMade(desc);
      } else if (opcode == Opcodes.INVOKESPECIAL
          && of.equals("java/lang/ref/WeakReference")
          && desc.equals("(Ljava/lang/Object;)V")) {
        super.visitInsn(Opcodes.DUP);
        hook("keep", "(Ljava/lang/Object;)V");
      } else if (opcode == Opcodes.INVOKESTATIC && BY_NAME.containsKey(key)) {
        point(name);
        hook(BY_NAME.get(key), desc);
        return;
      } else if (opcode != Opcodes.INVOKESTATIC && instead.containsKey(key)) {
        point(name);
        hook(name.equals("wait") ? "await" : name, instead.get(key));
        return;
      } else if (name.equals("setpriority")) {
        hook(name, "(Ljava/lang/Object;" + desc.substring(1));
        return;
      } else if (isStep(of) || isAccessor(of, name + desc)) {
        point(name);
      }
      if (REFUSED.contains(of)) {
        throw new IllegalStateException("no hook for " + key + " in " + owner);
      }
      super.visitMethodInsn(opcode, of, name, desc, isItf);
    }

    /** The thread's body is to wait for its turn. */
    private void threadMade(String desc) {
      if (desc.equals("(Ljava/lang/Runnable;Ljava/lang/String;)V")) {
        super.visitInsn(Opcodes.SWAP);
        hook("body", "(Ljava/lang/Runnable;)Ljava/lang/Runnable;");
        super.visitInsn(Opcodes.SWAP);
      } else if (desc.equals("(Ljava/lang/Runnable;)V")) {
        hook("body", "(Ljava/lang/Runnable;)Ljava/lang/Runnable;");
      } else {
        throw new IllegalStateException("no hook for new Thread" + desc + " in " + owner);
      }
    }

    private boolean isStep(String of) {
      return isAtomic(of)
          || of.startsWith("org/lmdbjava/")
          || of.equals(OWN + "io/StoreFile")
          || of.equals(OWN + "io/MappedFile")
          || of.equals(OWN + "io/StoreIo");
    }

    private boolean isAccessor(String of, String called) {
      return facts != null
          && of.startsWith(OWN)
          && !of.startsWith(OWN + "schedule/")
          && facts.apply(of).accessors().contains(called);
    }

    @Override
    public void visitInvokeDynamicInsn(
        String name, String desc, Handle bootstrap, Object... arguments) {
      for (Object argument : arguments) {
        if (argument instanceof Handle handle) {
          String key = handle.getOwner() + "." + handle.getName() + handle.getDesc();
          if (instead.containsKey(key) || BY_NAME.containsKey(key)) {
            throw new IllegalStateException("no hook for a reference to " + key + " in " + owner);
          }
        }
      }
      super.visitInvokeDynamicInsn(name, desc, bootstrap, arguments);
    }
  }
}
