(* The rules for one rounding of a format, and those for numbers that enter or leave it.

   `flushes` says whether the program reads and writes 0 instead of subnormal numbers. *)

Require Import Reals Lra Psatz ZArith.
From Flocq Require Import Core Relative.
From Adamcheck Require Import Rounding Radius.
Open Scope R_scope.

Section Format.
Variables emin prec : Z.
Context { positive_precision : Prec_gt_0 prec }.
Variable flushes : bool.

Notation result := (result emin prec flushes).
Notation unit := (unit prec).
Notation tiny := (tiny emin).
Notation normal := (normal emin prec).
Notation lost := (lost emin prec flushes).

Lemma one_rounding (z Z : R) : result z Z -> Rabs (Z - z) <= unit * Rabs z + lost.
Proof. intros H. apply rounds_error, (result_rounds emin prec). exact H. Qed.

Theorem rounded_sum (x rx y ry X Y Z : R) :
  within rx x X -> within ry y Y -> result (X + Y) Z -> within (sum_radius unit lost x rx y ry) (x + y) Z.
Proof.
  intros HX HY H. pose proof (unit_positive prec). apply sum with X Y; [lra | exact HX | exact HY |].
  eapply Rle_trans; [apply one_rounding; exact H|]. apply Rplus_le_compat_r, Rmult_le_compat_l; [lra|].
  apply Rabs_triang.
Qed.

Theorem rounded_product (x rx y ry X Y Z : R) :
  within rx x X -> within ry y Y -> result (X * Y) Z -> within (product_radius unit lost x rx y ry) (x * y) Z.
Proof.
  intros HX HY H. pose proof (unit_positive prec). apply product with X Y; try assumption; [lra|].
  apply one_rounding. exact H.
Qed.

Theorem rounded_quotient (x rx y ry X Y Z : R) :
  within rx x X -> within ry y Y -> ry < Rabs y -> result (X / Y) Z ->
  within (quotient_radius unit lost x rx y ry) (x / y) Z.
Proof.
  intros HX HY L H. pose proof (unit_positive prec). apply quotient with X Y; try assumption; [lra|].
  apply one_rounding. exact H.
Qed.

Theorem rounded_root (x r X Z : R) :
  within r x X -> r < x -> result (sqrt X) Z -> within (root_radius unit lost x r) (sqrt x) Z.
Proof.
  intros HX L H. pose proof (unit_positive prec). apply root with X; try assumption; [lra|].
  eapply Rle_trans; [apply one_rounding; exact H|]. rewrite (Rabs_pos_eq (sqrt X)) by apply sqrt_pos. lra.
Qed.

(* Sterbenz, for operands of this one format. *)
Theorem near_difference (k w x rx y ry X Y : R) (ties : Z -> bool) :
  0 <= k -> 0 <= w -> within rx x X -> within ry y Y ->
  format emin prec X -> format emin prec Y -> 0 <= X * Y -> Rabs Y <= 2 * Rabs X -> Rabs X <= 2 * Rabs Y ->
  within (near_radius k w x rx y ry) (x - y) (nearest emin prec ties (X - Y)).
Proof.
  intros K W HX HY FX FY S A B. rewrite near_difference_is_exact by assumption.
  apply rounded_difference with X Y; try assumption.
  rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. pose proof (Rabs_pos (X - Y)). nra.
Qed.

(* With operands of two formats it is false: the finer one, y, is rounded when it enters. Where x is what it is
   rounded to, the program computes 0. *)
Theorem near_difference_of_two_formats_is_not (k w y : R) (ties : Z -> bool) :
  let x := nearest emin prec ties y in
  w < (1 - k) * Rabs (x - y) ->
  ~ within (near_radius k w x 0 y 0) (x - y) (nearest emin prec ties (x - nearest emin prec ties y)).
Proof.
  intros x W H. unfold within, near_radius in H. fold x in H. rewrite (Rminus_diag_eq x x) in H by reflexivity.
  unfold nearest in H at 1. rewrite round_0 in H by apply valid_rnd_N.
  replace (0 - (x - y)) with (- (x - y)) in H by ring. rewrite Rabs_Ropp in H. lra.
Qed.

Lemma below_normal (X Z : R) : Rabs X < normal -> result X Z -> Rabs (Z - X) <= Rmax tiny (if flushes then normal else 0).
Proof.
  intros L H. pose proof (unit_positive prec) as U. pose proof (tiny_positive emin) as T.
  assert (N : unit * normal = / 2 * tiny).
  { unfold Rounding.unit, Rounding.normal, Rounding.tiny. rewrite Rmult_assoc, <- bpow_plus. do 2 f_equal. ring. }
  assert (G : forall ties, Rabs (nearest emin prec ties X - X) <= / 2 * tiny).
  { intros ties. destruct (error_N_FLT radix2 emin prec positive_precision ties X) as (d & h & D & E & P & Q).
    unfold nearest. rewrite Q. replace (X * (1 + d) + h - X) with (X * d + h) by ring.
    apply Rmult_integral in P. destruct P as [P | P]; rewrite P.
    - replace (X * 0 + h) with h by ring. exact E.
    - replace (X * d + 0) with (X * d) by ring. rewrite Rabs_mult. fold unit in D. rewrite <- N.
      rewrite Rmult_comm. apply Rmult_le_compat; try apply Rabs_pos; [exact D | lra]. }
  destruct H as [ties | ties F M].
  - specialize (G ties). pose proof (Rmax_l tiny (if flushes then normal else 0)). lra.
  - rewrite F. pose proof (Rmax_r tiny normal). replace (0 - X) with (- X) by ring. rewrite Rabs_Ropp. lra.
Qed.

(* A number that enters the format changes by an absolute error only below the normal range, and by a relative
   one, which the roundings of the next operation include. *)
Theorem entering (x r X Z : R) :
  within r x X -> result X Z ->
  exists Y, within (if Rlt_dec (Rabs x - r) normal
                    then entering_radius r tiny (if flushes then normal else 0) else r) x Y
            /\ Rabs (Z - Y) <= unit * Rabs Y.
Proof.
  intros HX H. pose proof (unit_positive prec) as U. pose proof (least_magnitude _ _ _ HX) as M.
  pose proof (tiny_positive emin) as T. pose proof (Rmax_l tiny (if flushes then normal else 0)) as B.
  unfold entering_radius. destruct (Rle_or_lt normal (Rabs X)) as [L | L].
  - exists X. split; [|exact (normal_is_relative emin prec flushes X Z L H)].
    unfold within in *. destruct (Rlt_dec (Rabs x - r) normal); lra.
  - exists Z. split.
    + destruct (Rlt_dec (Rabs x - r) normal) as [_ | N]; [|lra].
      pose proof (two_errors _ _ _ _ _ (below_normal X Z L H) HX). exact H0.
    + rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. pose proof (Rabs_pos Z). nra.
Qed.

(* A number that the program first rounds to the format, which loses nothing if it belongs to it. *)
Theorem rounded (x : R) (ties : Z -> bool) :
  within (rounded_radius unit tiny x) x (nearest emin prec ties x).
Proof.
  pose proof (unit_positive prec). pose proof (tiny_positive emin). unfold within, rounded_radius.
  pose proof (Rmax_l (unit * Rabs x) tiny). pose proof (Rmax_r (unit * Rabs x) tiny).
  destruct (error_N_FLT radix2 emin prec positive_precision ties x) as (d & h & D & E & P & Q).
  unfold nearest. rewrite Q. replace (x * (1 + d) + h - x) with (x * d + h) by ring.
  fold unit in D. change (/ 2 * bpow radix2 emin) with (/ 2 * tiny) in E. apply Rmult_integral in P.
  destruct P as [P | P]; rewrite P.
  - replace (x * 0 + h) with h by ring. lra.
  - replace (x * d + 0) with (d * x) by ring. rewrite Rabs_mult.
    assert (Rabs d * Rabs x <= unit * Rabs x) by (apply Rmult_le_compat_r; [apply Rabs_pos | exact D]). lra.
Qed.

(* The update that is seen, as the difference of the parameters that are stored. *)
Theorem stored (before change after : R) (ties : Z -> bool) :
  (1 <= prec)%Z -> after = nearest emin prec ties (before + change) ->
  within (stored_radius unit tiny before after) change (after - before).
Proof.
  intros P E. pose proof (unit_positive prec) as U. pose proof (tiny_positive emin) as T.
  assert (H : unit <= / 2).
  { unfold Rounding.unit. assert (bpow radix2 (- prec + 1) <= bpow radix2 0) by (apply bpow_le; lia). simpl in H. lra. }
  pose proof (rounds_error _ _ _ _ (nearest_rounds emin prec ties (before + change))) as R. rewrite <- E in R.
  unfold within, stored_radius. replace (after - before - change) with (after - (before + change)) by ring.
  set (z := before + change) in *. pose proof (Rmax_r (Rabs before) (Rabs after)) as M.
  assert (A : Rabs z <= Rabs after + Rabs (after - z)).
  { replace z with (after + - (after - z)) at 1 by ring. eapply Rle_trans; [apply Rabs_triang|].
    rewrite Rabs_Ropp. lra. }
  pose proof (Rabs_pos after). pose proof (Rabs_pos (after - z)). pose proof (Rabs_pos z).
  assert (unit * Rabs (after - z) <= / 2 * Rabs (after - z)) by (apply Rmult_le_compat_r; lra).
  assert (unit * Rabs z <= unit * Rabs after + unit * Rabs (after - z)) by nra.
  assert (unit * Rabs after <= unit * Rmax (Rabs before) (Rabs after)) by nra.
  nra.
Qed.

End Format.
