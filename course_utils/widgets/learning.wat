;; C = start + A B for float32 matrices in memory, one row of C and 16 of its columns at a time.
;;
;; A number of A lies $down bytes after the one above it and $across bytes after the one to its left, so that A can be
;; read turned. B and C lie row by row. Row i of `start` lies $below bytes after the one before it: 0 for a bias.
(module
  (import "page" "memory" (memory 1))
  (func (export "product")
    (param $A i32) (param $down i32) (param $across i32) (param $B i32) (param $start i32) (param $below i32)
    (param $C i32) (param $rows i32) (param $columns i32) (param $depth i32)
    (local $stride i32) (local $at i32) (local $a i32) (local $b i32) (local $k i32)
    (local $x v128) (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (loop $each_row
      (local.set $at (i32.const 0))
      (loop $each_block
        (local.set $a (local.get $A))
        (local.set $b (i32.add (local.get $start) (local.get $at)))
        (local.set $c0 (v128.load offset=0 (local.get $b)))
        (local.set $c1 (v128.load offset=16 (local.get $b)))
        (local.set $c2 (v128.load offset=32 (local.get $b)))
        (local.set $c3 (v128.load offset=48 (local.get $b)))
        (local.set $b (i32.add (local.get $B) (local.get $at)))
        (local.set $k (local.get $depth))
        (loop $each_term
          (local.set $x (v128.load32_splat (local.get $a)))
          (local.set $c0 (f32x4.add (local.get $c0) (f32x4.mul (local.get $x) (v128.load offset=0 (local.get $b)))))
          (local.set $c1 (f32x4.add (local.get $c1) (f32x4.mul (local.get $x) (v128.load offset=16 (local.get $b)))))
          (local.set $c2 (f32x4.add (local.get $c2) (f32x4.mul (local.get $x) (v128.load offset=32 (local.get $b)))))
          (local.set $c3 (f32x4.add (local.get $c3) (f32x4.mul (local.get $x) (v128.load offset=48 (local.get $b)))))
          (local.set $a (i32.add (local.get $a) (local.get $across)))
          (local.set $b (i32.add (local.get $b) (local.get $stride)))
          (br_if $each_term (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (local.set $b (i32.add (local.get $C) (local.get $at)))
        (v128.store offset=0 (local.get $b) (local.get $c0))
        (v128.store offset=16 (local.get $b) (local.get $c1))
        (v128.store offset=32 (local.get $b) (local.get $c2))
        (v128.store offset=48 (local.get $b) (local.get $c3))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $each_block (i32.lt_u (local.get $at) (local.get $stride))))
      (local.set $A (i32.add (local.get $A) (local.get $down)))
      (local.set $start (i32.add (local.get $start) (local.get $below)))
      (local.set $C (i32.add (local.get $C) (local.get $stride)))
      (br_if $each_row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
