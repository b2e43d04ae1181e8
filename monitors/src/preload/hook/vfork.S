/* vfork, for which no C function can stand in: the child returns first, on the same stack, and
 * overwrites whatever frame the parent would come back to. So the return address waits in a
 * register, which the kernel keeps for each of them. Other machines keep the C library's vfork;
 * what its children do is seen all the same, and the fork follows from it. */
#if defined(__x86_64__)
    .text
    .globl vfork
    .type vfork, @function
vfork:
    .cfi_startproc
    endbr64
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call rollcall_now
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    movq %rax, %rsi
    popq %rdi
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rdi
    movl $58, %eax
    syscall
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rip, -8
    testq %rax, %rax
    jz 1f
    js 2f
    pushq %rax
    .cfi_adjust_cfa_offset 8
    movl %eax, %edi
    call rollcall_vforked
    popq %rax
    .cfi_adjust_cfa_offset -8
1:  ret
2:  movq %rax, %rdi
    jmp rollcall_vfork_failed
    .cfi_endproc
    .size vfork, . - vfork
    .globl __vfork
    .set __vfork, vfork
#elif defined(__aarch64__)
    .text
    .globl vfork
    .type vfork, %function
vfork:
    .cfi_startproc
    hint #34
    stp x29, x30, [sp, #-16]!
    bl rollcall_now
    ldp x29, x30, [sp], #16
    mov x9, x0
    mov x0, #0x4111             /* CLONE_VFORK | CLONE_VM | SIGCHLD */
    mov x1, #0
    mov x2, #0
    mov x3, #0
    mov x4, #0
    mov x8, #220                /* clone */
    svc #0
    cbz x0, 1f
    tbnz x0, #63, 2f
    stp x29, x30, [sp, #-32]!
    str x0, [sp, #16]
    mov x1, x9
    bl rollcall_vforked
    ldr x0, [sp, #16]
    ldp x29, x30, [sp], #32
1:  ret
2:  b rollcall_vfork_failed
    .cfi_endproc
    .size vfork, . - vfork
    .globl __vfork
    .set __vfork, vfork
#endif
    .section .note.GNU-stack, "", %progbits
