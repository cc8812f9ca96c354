(* The radius rules of the judge, each with the theorem that it is a bound.

   A rule says how far the result of an operation may be from the exact result for the exact operands x, y, if
   the operands that a program has, X and Y, lie within rx of x and ry of y. The definitions are those of
   `adamcheck/numbers/enclosure`, where k is `Arithmetic.rounding` and w is `Arithmetic.underflow` times
   `stretch`; a test compares the two, number by number. The theorems do not fix how the operation is carried
   out: Z is any number with |Z - X op Y| <= k * scale + w, which holds for one rounding and, as Trees.v shows,
   for every order of evaluation of the stages of Adam. *)

Require Import Reals Lra Psatz ZArith.
From Flocq Require Import Core Relative.
From Adamcheck Require Import Rounding.
Open Scope R_scope.

(* Rules: definitions. *)

Definition roundings := 4.
Definition rounding (u : R) := roundings * u / (1 - roundings * u).
Definition underflow (e : R) := roundings * e.

Definition sum_radius (k w x rx y ry : R) :=
  rx + ry + k * ((Rabs x + rx) + (Rabs y + ry)) + w.
Definition near_radius (k w x rx y ry : R) :=
  rx + ry + k * (Rabs (x - y) + (rx + ry)) + w.
Definition product_radius (k w x rx y ry : R) :=
  Rabs x * ry + rx * (Rabs y + ry) + k * ((Rabs x + rx) * (Rabs y + ry)) + w.
Definition quotient_above_radius (k w x rx y ry low : R) :=
  (Rabs (x / y) * ry + rx) / low + k * (Rabs (x / y) + (Rabs (x / y) * ry + rx) / low) + w.
Definition quotient_radius (k w x rx y ry : R) :=
  quotient_above_radius k w x rx y ry (Rabs y - ry).
Definition root_above_radius (k w x r low : R) :=
  r / (sqrt x + sqrt low) + k * sqrt (x + r) + w.
Definition root_radius (k w x r : R) :=
  root_above_radius k w x r (x - r).
Definition least_of_sum (k w lx ly : R) :=
  Rmax lx ly * (1 - k) - w.
Definition root_of_nearly_zero_radius (k w x r : R) :=
  Rmax (sqrt x) (sqrt (x + r) - sqrt x) + k * sqrt (x + r) + w.
Definition power_radius (k w grown x r : R) (n : nat) :=
  INR n * r * (Rabs x + r) ^ (n - 1) + (grown + k * (1 + grown)) * (Rabs x + r) ^ n + w.
Definition maximum_radius (rx ry : R) := Rmax rx ry.
Definition rounded_radius (u tiny x : R) := Rmax (u * Rabs x) tiny.
Definition stored_radius (u tiny before after : R) :=
  2 * u * Rmax (Rabs before) (Rabs after) + tiny.
Definition entering_radius (r tiny flushed : R) :=
  r + Rmax tiny flushed.

(* The average b * o + c * n, c = 1 - b: what k multiplies for o and for n in each form. *)
Definition average_radius (k w b rb c rc o ro n rn of_o of_n : R) :=
  (Rabs b + rb) * ro + (rb + k * of_o) * (Rabs o + ro)
  + (Rabs c + rc) * rn + (rc + k * of_n) * (Rabs n + rn) + w.
Definition direct_radius (k w b rb c rc o ro n rn : R) :=
  average_radius k w b rb c rc o ro n rn (Rabs b + rb) (Rabs c + rc).
Definition lerp_radius (k w b rb c rc o ro n rn : R) :=
  average_radius k w b rb c rc o ro n rn (1 + (Rabs c + rc)) (Rabs c + rc).
Definition anchored_radius (k w b rb c rc o ro n rn : R) :=
  average_radius k w b rb c rc o ro n rn (Rabs b + rb) (1 + (Rabs b + rb)).

(* Rules: theorems. *)

Lemma rounding_is_gamma (u : R) : rounding u = gamma 4 u.
Proof. unfold rounding, gamma, roundings. simpl. replace (1 + 1 + 1 + 1) with 4 by ring. reflexivity. Qed.

Lemma rounding_covers (u : R) : 0 <= u -> 4 * u < 1 -> u <= rounding u /\ 4 * u <= rounding u.
Proof.
  intros U L. unfold rounding, roundings.
  assert (4 * u <= 4 * u / (1 - 4 * u)); [|lra].
  apply Rmult_le_reg_r with (1 - 4 * u); [lra|].
  replace (4 * u / (1 - 4 * u) * (1 - 4 * u)) with (4 * u) by (field; lra). nra.
Qed.

Lemma magnitude (r x X : R) : within r x X -> Rabs X <= Rabs x + r.
Proof. intros H. replace X with (x + (X - x)) by ring. eapply Rle_trans; [apply Rabs_triang|].
  unfold within in H. lra. Qed.

Lemma least_magnitude (r x X : R) : within r x X -> Rabs x - r <= Rabs X.
Proof.
  intros H. assert (within r X x) by (unfold within in *; rewrite Rabs_minus_sym; exact H).
  pose proof (magnitude r X x ltac:(assumption)). lra.
Qed.

Lemma radius_nonnegative (r x X : R) : within r x X -> 0 <= r.
Proof. unfold within. pose proof (Rabs_pos (X - x)). lra. Qed.

(* An error of the operation and an error of its operands. *)
Lemma two_errors (z Y Z a b : R) : Rabs (Z - Y) <= a -> Rabs (Y - z) <= b -> Rabs (Z - z) <= b + a.
Proof.
  intros A B. replace (Z - z) with ((Z - Y) + (Y - z)) by ring. eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Theorem sum (k w x rx y ry X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y ->
  Rabs (Z - (X + Y)) <= k * (Rabs X + Rabs Y) + w ->
  within (sum_radius k w x rx y ry) (x + y) Z.
Proof.
  intros K HX HY H. pose proof (magnitude _ _ _ HX). pose proof (magnitude _ _ _ HY).
  unfold within, sum_radius in *.
  assert (D : Rabs (X + Y - (x + y)) <= rx + ry).
  { replace (X + Y - (x + y)) with ((X - x) + (Y - y)) by ring. eapply Rle_trans; [apply Rabs_triang|]. lra. }
  assert (k * (Rabs X + Rabs Y) <= k * ((Rabs x + rx) + (Rabs y + ry))) by (apply Rmult_le_compat_l; lra).
  pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

Theorem difference (k w x rx y ry X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y ->
  Rabs (Z - (X - Y)) <= k * (Rabs X + Rabs Y) + w ->
  within (sum_radius k w x rx y ry) (x - y) Z.
Proof.
  intros K HX HY H. replace (x - y) with (x + - y) by ring.
  replace (sum_radius k w x rx y ry) with (sum_radius k w x rx (- y) ry)
    by (unfold sum_radius; rewrite Rabs_Ropp; reflexivity).
  apply sum with X (- Y); [exact K | exact HX | | rewrite Rabs_Ropp; exact H].
  unfold within in *. replace (- Y - - y) with (- (Y - y)) by ring. rewrite Rabs_Ropp. exact HY.
Qed.

(* One rounding of a difference never needs the scale |x| + |y|. *)
Theorem rounded_difference (k w x rx y ry X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y ->
  Rabs (Z - (X - Y)) <= k * Rabs (X - Y) + w ->
  within (near_radius k w x rx y ry) (x - y) Z.
Proof.
  intros K HX HY H. unfold within, near_radius in *.
  assert (D : Rabs (X - Y - (x - y)) <= rx + ry).
  { replace (X - Y - (x - y)) with ((X - x) + - (Y - y)) by ring. eapply Rle_trans; [apply Rabs_triang|].
    rewrite Rabs_Ropp. lra. }
  pose proof (magnitude (rx + ry) (x - y) (X - Y) D).
  assert (k * Rabs (X - Y) <= k * (Rabs (x - y) + (rx + ry))) by (apply Rmult_le_compat_l; lra).
  pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

Theorem product (k w x rx y ry X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y ->
  Rabs (Z - X * Y) <= k * Rabs (X * Y) + w ->
  within (product_radius k w x rx y ry) (x * y) Z.
Proof.
  intros K HX HY H. pose proof (magnitude _ _ _ HX). pose proof (magnitude _ _ _ HY).
  pose proof (radius_nonnegative _ _ _ HX). pose proof (radius_nonnegative _ _ _ HY).
  unfold within, product_radius in *.
  assert (D : Rabs (X * Y - x * y) <= Rabs x * ry + rx * (Rabs y + ry)).
  { replace (X * Y - x * y) with (x * (Y - y) + (X - x) * Y) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult.
    apply Rplus_le_compat; apply Rmult_le_compat; try apply Rabs_pos; lra. }
  assert (Rabs (X * Y) <= (Rabs x + rx) * (Rabs y + ry)).
  { rewrite Rabs_mult. apply Rmult_le_compat; try apply Rabs_pos; assumption. }
  assert (k * Rabs (X * Y) <= k * ((Rabs x + rx) * (Rabs y + ry))) by (apply Rmult_le_compat_l; lra).
  pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

(* `low` is any lower bound on the magnitude of the divisor. *)
Theorem quotient_above (k w x rx y ry low X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y -> y <> 0 -> 0 < low <= Rabs Y ->
  Rabs (Z - X / Y) <= k * Rabs (X / Y) + w ->
  within (quotient_above_radius k w x rx y ry low) (x / y) Z.
Proof.
  intros K HX HY y0 [L M] H.
  pose proof (radius_nonnegative _ _ _ HX). pose proof (radius_nonnegative _ _ _ HY).
  assert (Y0 : Y <> 0) by (intros E; rewrite E, Rabs_R0 in M; lra).
  set (error := (Rabs (x / y) * ry + rx) / low).
  assert (D : Rabs (X / Y - x / y) <= error).
  { replace (X / Y - x / y) with (((x / y) * (y - Y) + (X - x)) * / Y) by (field; auto).
    unfold error, Rdiv at 1. rewrite Rabs_mult. apply Rmult_le_compat; try apply Rabs_pos.
    - eapply Rle_trans; [apply Rabs_triang|]. apply Rplus_le_compat; [|exact HX].
      rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|]. rewrite Rabs_minus_sym. exact HY.
    - rewrite Rabs_inv. apply Rinv_le_contravar; lra. }
  pose proof (magnitude error (x / y) (X / Y) D).
  assert (k * Rabs (X / Y) <= k * (Rabs (x / y) + error)) by (apply Rmult_le_compat_l; lra).
  unfold within, quotient_above_radius. fold error. pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

Theorem quotient (k w x rx y ry X Y Z : R) :
  0 <= k -> within rx x X -> within ry y Y -> ry < Rabs y ->
  Rabs (Z - X / Y) <= k * Rabs (X / Y) + w ->
  within (quotient_radius k w x rx y ry) (x / y) Z.
Proof.
  intros K HX HY L H. pose proof (radius_nonnegative _ _ _ HY). apply quotient_above with X Y; try assumption.
  - intros E. rewrite E, Rabs_R0 in L. lra.
  - pose proof (least_magnitude _ _ _ HY). lra.
Qed.

(* A sum of numbers that are not negative is at least as large as each of them. *)
Theorem least (k w lx ly X Y Z : R) :
  0 <= k <= 1 -> 0 <= X -> 0 <= Y -> lx <= X -> ly <= Y ->
  Rabs (Z - (X + Y)) <= k * (Rabs X + Rabs Y) + w ->
  least_of_sum k w lx ly <= Z.
Proof.
  intros K PX PY LX LY H. unfold least_of_sum. rewrite (Rabs_pos_eq X PX), (Rabs_pos_eq Y PY) in H.
  apply Rabs_le_inv in H. assert (M : Rmax lx ly <= X + Y) by (apply Rmax_lub; lra).
  assert (Rmax lx ly * (1 - k) <= (X + Y) * (1 - k)) by (apply Rmult_le_compat_r; lra). lra.
Qed.

Lemma root_distance (x X low : R) :
  0 < x -> 0 <= low <= X -> Rabs (sqrt X - sqrt x) <= Rabs (X - x) / (sqrt x + sqrt low).
Proof.
  intros Hx [HL LX]. assert (S : 0 < sqrt x) by (apply sqrt_lt_R0; lra).
  pose proof (sqrt_pos low). pose proof (sqrt_pos X). pose proof (sqrt_le_1_alt _ _ LX).
  replace (sqrt X - sqrt x) with ((X - x) / (sqrt x + sqrt X)).
  2: { apply (Rmult_eq_reg_r (sqrt x + sqrt X)); [|lra]. field_simplify; [|lra].
       rewrite !pow2_sqrt by lra. ring. }
  unfold Rdiv. rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|].
  rewrite Rabs_inv, Rabs_pos_eq by lra. apply Rinv_le_contravar; lra.
Qed.

Theorem root_above (k w x r low X Z : R) :
  0 <= k -> 0 < x -> within r x X -> 0 <= low <= X ->
  Rabs (Z - sqrt X) <= k * sqrt X + w ->
  within (root_above_radius k w x r low) (sqrt x) Z.
Proof.
  intros K Px HX B H. pose proof (radius_nonnegative _ _ _ HX) as P. unfold within, root_above_radius in *.
  assert (D : Rabs (sqrt X - sqrt x) <= r / (sqrt x + sqrt low)).
  { eapply Rle_trans; [apply root_distance with (low := low); lra|].
    apply Rmult_le_compat_r; [|exact HX]. left. apply Rinv_0_lt_compat.
    pose proof (sqrt_lt_R0 x Px). pose proof (sqrt_pos low). lra. }
  apply Rabs_le_inv in HX.
  assert (k * sqrt X <= k * sqrt (x + r)) by (apply Rmult_le_compat_l; [lra | apply sqrt_le_1_alt; lra]).
  pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

Theorem root (k w x r X Z : R) :
  0 <= k -> within r x X -> r < x ->
  Rabs (Z - sqrt X) <= k * sqrt X + w ->
  within (root_radius k w x r) (sqrt x) Z.
Proof.
  intros K HX L H. pose proof (radius_nonnegative _ _ _ HX). unfold within in HX. pose proof HX as B.
  apply Rabs_le_inv in B. apply root_above with X; try assumption; lra.
Qed.

(* Where the radius reaches 0, which no evaluation passes. *)
Theorem root_of_nearly_zero (k w x r X Z : R) :
  0 <= k -> 0 <= x -> within r x X -> 0 <= X ->
  Rabs (Z - sqrt X) <= k * sqrt X + w ->
  within (root_of_nearly_zero_radius k w x r) (sqrt x) Z.
Proof.
  intros K Hx HX PX H. unfold within, root_of_nearly_zero_radius in *. apply Rabs_le_inv in HX.
  assert (S : sqrt X <= sqrt (x + r)) by (apply sqrt_le_1_alt; lra). pose proof (sqrt_pos X).
  assert (D : Rabs (sqrt X - sqrt x) <= Rmax (sqrt x) (sqrt (x + r) - sqrt x)).
  { pose proof (Rmax_l (sqrt x) (sqrt (x + r) - sqrt x)). pose proof (Rmax_r (sqrt x) (sqrt (x + r) - sqrt x)).
    apply Rabs_le. lra. }
  assert (k * sqrt X <= k * sqrt (x + r)) by (apply Rmult_le_compat_l; lra).
  pose proof (two_errors _ _ _ _ _ H D). lra.
Qed.

Theorem maximum (x rx y ry X Y : R) :
  within rx x X -> within ry y Y -> within (maximum_radius rx ry) (Rmax x y) (Rmax X Y).
Proof.
  unfold within, maximum_radius. intros HX HY. apply Rabs_le_inv in HX, HY.
  pose proof (Rmax_l rx ry). pose proof (Rmax_r rx ry).
  set (m := Rmax rx ry) in *. apply Rabs_le. unfold Rmax. destruct (Rle_dec X Y), (Rle_dec x y); lra.
Qed.

Theorem negative (r x X : R) : within r x X -> within r (- x) (- X).
Proof. unfold within. intros H. replace (- X - - x) with (- (X - x)) by ring. rewrite Rabs_Ropp. exact H. Qed.
