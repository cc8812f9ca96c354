(* Adam over the real numbers, and what the chapter says about it.

   One coordinate: textbook Adam treats each as if it were alone, so that a run in several coordinates is a list
   of runs in one. The definition is that of `adamcheck/adam.py`; a test evaluates both on the same gradients. *)

Require Import Reals Lra Lia Psatz List.
Import ListNotations.
Open Scope R_scope.

Record state := State { step : nat; first : R; second : R }.

Definition start := State 0 0 0.

Section Adam.
Variables lr b1 b2 eps : R.

Definition average (beta old new : R) := beta * old + (1 - beta) * new.
Definition corrected (beta moment : R) (t : nat) := moment / (1 - beta ^ t).

Definition next (s : state) (g : R) :=
  State (S (step s)) (average b1 (first s) g) (average b2 (second s) (g * g)).

Definition update (s : state) :=
  - (lr * corrected b1 (first s) (step s) / (sqrt (corrected b2 (second s) (step s)) + eps)).

(* The state after a list of gradients, whose head is the latest. *)
Fixpoint run (gradients : list R) : state :=
  match gradients with
  | [] => start
  | g :: before => next (run before) g
  end.

Definition last_update (gradients : list R) := update (run gradients).

End Adam.

(* The sum of beta^i g_{t-i}: what the moments are in closed form. *)
Fixpoint weighted_sum (beta : R) (numbers : list R) : R :=
  match numbers with
  | [] => 0
  | x :: before => x + beta * weighted_sum beta before
  end.

Definition squares := map (fun g => g * g).

(* --- lemmas ---------------------------------------------------------------------------------- *)

Lemma steps_are_counted (b1 b2 : R) (gs : list R) : step (run b1 b2 gs) = length gs.
Proof. induction gs as [|g gs IH]; simpl; [reflexivity | rewrite IH; reflexivity]. Qed.

Lemma power_below_one (beta : R) (t : nat) : 0 <= beta < 1 -> (1 <= t)%nat -> 0 <= beta ^ t < 1.
Proof.
  intros B T. split; [apply pow_le; lra|]. destruct t as [|t]; [lia|]. simpl.
  assert (beta ^ t <= 1) by (replace 1 with (1 ^ t) by apply pow1; apply pow_incr; lra).
  assert (0 <= beta ^ t) by (apply pow_le; lra). nra.
Qed.

Lemma correction_positive (beta : R) (t : nat) : 0 <= beta < 1 -> (1 <= t)%nat -> 0 < 1 - beta ^ t.
Proof. intros B T. pose proof (power_below_one beta t B T). lra. Qed.

(* --- the moments ----------------------------------------------------------------------------- *)

Theorem first_moment_in_closed_form (b1 b2 : R) (gs : list R) :
  first (run b1 b2 gs) = (1 - b1) * weighted_sum b1 gs.
Proof. induction gs as [|g gs IH]; simpl; [ring | unfold average; rewrite IH; ring]. Qed.

Theorem second_moment_in_closed_form (b1 b2 : R) (gs : list R) :
  second (run b1 b2 gs) = (1 - b2) * weighted_sum b2 (squares gs).
Proof. induction gs as [|g gs IH]; simpl; [ring | unfold average; rewrite IH; ring]. Qed.

Theorem geometric_series (beta g : R) (t : nat) :
  (1 - beta) * weighted_sum beta (repeat g t) = (1 - beta ^ t) * g.
Proof. induction t as [|t IH]; simpl; [ring|]. rewrite Rmult_plus_distr_l.
  replace ((1 - beta) * (beta * weighted_sum beta (repeat g t)))
    with (beta * ((1 - beta) * weighted_sum beta (repeat g t))) by ring. rewrite IH. ring. Qed.

Theorem second_moment_is_not_negative (b1 b2 : R) (gs : list R) : 0 <= b2 < 1 -> 0 <= second (run b1 b2 gs).
Proof.
  intros B. induction gs as [|g gs IH]; simpl; [lra|]. unfold average.
  assert (0 <= g * g) by nra. assert (0 <= b2 * second (run b1 b2 gs)) by (apply Rmult_le_pos; lra). nra.
Qed.

(* Bias: with a constant gradient the moment is too small by the factor 1 - beta^t, *)
Theorem moment_of_constant_gradients (b1 b2 g : R) (t : nat) :
  first (run b1 b2 (repeat g t)) = (1 - b1 ^ t) * g /\ second (run b1 b2 (repeat g t)) = (1 - b2 ^ t) * (g * g).
Proof.
  rewrite first_moment_in_closed_form, second_moment_in_closed_form, geometric_series.
  split; [reflexivity|]. unfold squares. replace (map (fun g0 => g0 * g0) (repeat g t)) with (repeat (g * g) t).
  - apply geometric_series.
  - induction t as [|t IH]; simpl; [reflexivity | rewrite IH; reflexivity].
Qed.

(* and the correction takes exactly this factor out. *)
Theorem bias_correction (b1 b2 g : R) (t : nat) :
  0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat ->
  corrected b1 (first (run b1 b2 (repeat g t))) t = g
  /\ corrected b2 (second (run b1 b2 (repeat g t))) t = g * g.
Proof.
  intros B1 B2 T. destruct (moment_of_constant_gradients b1 b2 g t) as [M V]. rewrite M, V. unfold corrected.
  pose proof (correction_positive b1 t B1 T). pose proof (correction_positive b2 t B2 T). split; field; lra.
Qed.

Theorem update_of_constant_gradients (lr b1 b2 eps g : R) (t : nat) :
  0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat ->
  last_update lr b1 b2 eps (repeat g t) = - (lr * g / (Rabs g + eps)).
Proof.
  intros B1 B2 T. unfold last_update, update. rewrite steps_are_counted, repeat_length.
  destruct (bias_correction b1 b2 g t B1 B2 T) as [M V]. rewrite M, V, <- (sqrt_Rsqr_abs g). reflexivity.
Qed.

(* The first step, whatever the betas are. *)
Theorem first_update (lr b1 b2 eps g : R) :
  0 <= b1 < 1 -> 0 <= b2 < 1 -> last_update lr b1 b2 eps [g] = - (lr * g / (Rabs g + eps)).
Proof. intros B1 B2. exact (update_of_constant_gradients lr b1 b2 eps g 1 B1 B2 (le_n 1)). Qed.

(* --- invariance ------------------------------------------------------------------------------ *)

Theorem moments_are_homogeneous (b1 b2 c : R) (gs : list R) :
  first (run b1 b2 (map (Rmult c) gs)) = c * first (run b1 b2 gs)
  /\ second (run b1 b2 (map (Rmult c) gs)) = c * c * second (run b1 b2 gs).
Proof.
  induction gs as [|g gs [M V]]; simpl; [split; ring|]. unfold average. rewrite M, V. split; ring.
Qed.

(* Multiplying the loss by c > 0 changes nothing if eps is multiplied too. *)
Theorem loss_scale_invariance (lr b1 b2 eps c : R) (gs : list R) :
  0 <= b2 < 1 -> 0 < c -> 0 < eps ->
  last_update lr b1 b2 (c * eps) (map (Rmult c) gs) = last_update lr b1 b2 eps gs.
Proof.
  intros B2 C E. unfold last_update, update. destruct (moments_are_homogeneous b1 b2 c gs) as [M V].
  rewrite !steps_are_counted, map_length, M, V. unfold corrected.
  replace (c * c * second (run b1 b2 gs) / (1 - b2 ^ length gs))
    with (c * c * (second (run b1 b2 gs) / (1 - b2 ^ length gs))) by (unfold Rdiv; ring).
  set (v := second (run b1 b2 gs) / (1 - b2 ^ length gs)). set (m := first (run b1 b2 gs)).
  assert (S : sqrt (c * c * v) = c * sqrt v).
  { rewrite sqrt_mult_alt by nra. rewrite sqrt_square by lra. reflexivity. }
  rewrite S. pose proof (sqrt_pos v).
  replace (lr * (c * m / (1 - b1 ^ length gs))) with (c * (lr * (m / (1 - b1 ^ length gs)))) by (unfold Rdiv; ring).
  replace (c * sqrt v + c * eps) with (c * (sqrt v + eps)) by ring.
  set (h := lr * (m / (1 - b1 ^ length gs))). field. lra.
Qed.

(* Reflecting a coordinate reflects its updates. *)
Theorem sign_equivariance (lr b1 b2 eps : R) (gs : list R) :
  last_update lr b1 b2 eps (map Ropp gs) = - last_update lr b1 b2 eps gs.
Proof.
  assert (H : map Ropp gs = map (Rmult (-1)) gs) by (apply map_ext; intros; ring).
  unfold last_update, update. rewrite H. destruct (moments_are_homogeneous b1 b2 (-1) gs) as [M V].
  rewrite !steps_are_counted, map_length, M, V. replace (-1 * -1 * second (run b1 b2 gs)) with
    (second (run b1 b2 gs)) by ring. unfold corrected, Rdiv. ring.
Qed.

(* Several coordinates: column by column. A permutation of the coordinates permutes the updates. *)
Definition updates (lr b1 b2 eps : R) (coordinates : list (list R)) := map (last_update lr b1 b2 eps) coordinates.

Theorem permutation_equivariance (lr b1 b2 eps : R) (coordinates : list (list R)) (order : list nat) :
  updates lr b1 b2 eps (map (fun i => nth i coordinates []) order)
  = map (fun i => nth i (updates lr b1 b2 eps coordinates) (last_update lr b1 b2 eps [])) order.
Proof.
  unfold updates. rewrite map_map. apply map_ext. intros i. symmetry. apply map_nth.
Qed.

Theorem learning_rate_scales_the_update (lr b1 b2 eps c : R) (gs : list R) :
  last_update (c * lr) b1 b2 eps gs = c * last_update lr b1 b2 eps gs.
Proof. unfold last_update, update, Rdiv. ring. Qed.

(* --- preconditioning ------------------------------------------------------------------------- *)

(* The update is a step along the corrected first moment with a rate of its own, positive in each coordinate. *)
Theorem preconditioner_form (lr b1 b2 eps : R) (gs : list R) :
  0 < lr -> 0 < eps ->
  exists p, 0 < p /\ p = lr / (sqrt (corrected b2 (second (run b1 b2 gs)) (length gs)) + eps)
            /\ last_update lr b1 b2 eps gs = - (p * corrected b1 (first (run b1 b2 gs)) (length gs)).
Proof.
  intros L E. pose proof (sqrt_pos (corrected b2 (second (run b1 b2 gs)) (length gs))) as S.
  eexists. split; [|split; [reflexivity|]].
  - apply Rdiv_lt_0_compat; lra.
  - unfold last_update, update. rewrite steps_are_counted. field. lra.
Qed.

(* --- the size of the update ------------------------------------------------------------------ *)

(* Cauchy and Schwarz, one step at a time: with r = b1^2 / b2 <= 1 the sums of weights stay bounded. *)
Fixpoint weights (r : R) (t : nat) : R :=
  match t with O => 0 | S t => 1 + r * weights r t end.

Lemma weights_positive (r : R) (t : nat) : 0 <= r -> 0 <= weights r t.
Proof. intros H. induction t as [|t IH]; simpl; [lra | nra]. Qed.

Theorem weights_in_closed_form (r : R) (t : nat) : (1 - r) * weights r t = 1 - r ^ t.
Proof. induction t as [|t IH]; simpl; [ring|]. rewrite Rmult_plus_distr_l.
  replace ((1 - r) * (r * weights r t)) with (r * ((1 - r) * weights r t)) by ring. rewrite IH. ring. Qed.

Lemma cauchy_schwarz (b1 b2 : R) (gs : list R) :
  0 <= b1 -> 0 < b2 ->
  weighted_sum b1 gs * weighted_sum b1 gs <= weights (b1 * b1 / b2) (length gs) * weighted_sum b2 (squares gs)
  /\ 0 <= weighted_sum b2 (squares gs).
Proof.
  intros B1 B2. set (r := b1 * b1 / b2).
  assert (R0 : 0 <= r) by (unfold r; apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; lra]).
  assert (RB : r * b2 = b1 * b1) by (unfold r; field; lra).
  induction gs as [|g gs [IH P]]; simpl; [lra|]. unfold squares in *.
  set (s := weighted_sum b1 gs) in *. set (q := weighted_sum b2 (map (fun g0 => g0 * g0) gs)) in *.
  set (w := weights r (length gs)) in *. assert (W : 0 <= w) by (apply weights_positive; exact R0).
  split; [|assert (0 <= b2 * q) by (apply Rmult_le_pos; lra); nra].
  (* (g + b1 s)^2 <= (1 + r w)(g^2 + b2 q), from s^2 <= w q and the means of g^2 r w and b2 q. *)
  assert (A : b1 * s * (b1 * s) <= r * w * (b2 * q)).
  { replace (r * w * (b2 * q)) with (b1 * b1 * (w * q)) by (rewrite <- RB; ring). nra. }
  assert (X : 0 <= r * w) by (apply Rmult_le_pos; assumption).
  assert (Y : 0 <= b2 * q) by (apply Rmult_le_pos; lra).
  assert (B : 2 * g * (b1 * s) <= r * w * (g * g) + b2 * q).
  { destruct (Rle_or_lt (g * (b1 * s)) 0) as [N | N]; [nra|].
    assert (Z : (g * (b1 * s)) * (g * (b1 * s)) <= (r * w * (g * g)) * (b2 * q)).
    { replace ((g * (b1 * s)) * (g * (b1 * s))) with ((g * g) * (b1 * s * (b1 * s))) by ring.
      replace ((r * w * (g * g)) * (b2 * q)) with ((g * g) * (r * w * (b2 * q))) by ring.
      apply Rmult_le_compat_l; [nra | exact A]. }
    set (x := r * w * (g * g)) in *. set (y := b2 * q) in *. set (z := g * (b1 * s)) in *.
    assert (0 <= x) by (unfold x; nra). replace (2 * g * (b1 * s)) with (2 * z) by (unfold z; ring).
    assert (0 <= (x - y) * (x - y)) by apply Rle_0_sqr.
    destruct (Rle_or_lt (2 * z) (x + y)); [assumption|]. exfalso. nra. }
  nra.
Qed.

(* The bound that holds whatever the gradients are; properties/ shows that it is attained. *)
Theorem update_is_bounded (lr b1 b2 eps : R) (gs : list R) :
  0 <= lr -> 0 <= b1 < 1 -> 0 < b2 < 1 -> 0 < eps -> gs <> [] ->
  let t := length gs in
  last_update lr b1 b2 eps gs * last_update lr b1 b2 eps gs
  <= lr * lr * ((1 - b1) * (1 - b1) / (1 - b2) * weights (b1 * b1 / b2) t * ((1 - b2 ^ t) / ((1 - b1 ^ t) * (1 - b1 ^ t)))).
Proof.
  intros L B1 B2 E N t.
  assert (T : (1 <= t)%nat) by (unfold t; destruct gs; [contradiction | simpl; lia]).
  pose proof (correction_positive b1 t B1 T) as C1. pose proof (correction_positive b2 t ltac:(lra) T) as C2.
  destruct (cauchy_schwarz b1 b2 gs ltac:(lra) ltac:(lra)) as [CS P]. fold t in CS.
  unfold last_update, update. rewrite steps_are_counted. fold t. unfold corrected.
  rewrite first_moment_in_closed_form, second_moment_in_closed_form.
  set (s := weighted_sum b1 gs) in *. set (q := weighted_sum b2 (squares gs)) in *.
  set (w := weights (b1 * b1 / b2) t) in *.
  set (v := (1 - b2) * q / (1 - b2 ^ t)).
  assert (V : 0 <= v) by (unfold v; apply Rmult_le_pos; [apply Rmult_le_pos; lra | left; apply Rinv_0_lt_compat; lra]).
  pose proof (sqrt_pos v) as S. pose proof (sqrt_sqrt v V) as SS.
  set (d := sqrt v + eps).
  assert (D : v <= d * d) by (unfold d; nra). assert (D0 : 0 < d) by (unfold d; lra).
  set (K := (1 - b1) * (1 - b1) / (1 - b2) * w * ((1 - b2 ^ t) / ((1 - b1 ^ t) * (1 - b1 ^ t)))).
  set (m := (1 - b1) * s / (1 - b1 ^ t)).
  assert (M : m * m <= K * v).
  { unfold m, K, v.
    replace ((1 - b1) * (1 - b1) / (1 - b2) * w * ((1 - b2 ^ t) / ((1 - b1 ^ t) * (1 - b1 ^ t)))
             * ((1 - b2) * q / (1 - b2 ^ t)))
      with ((1 - b1) * (1 - b1) / ((1 - b1 ^ t) * (1 - b1 ^ t)) * (w * q)) by (field; lra).
    replace ((1 - b1) * s / (1 - b1 ^ t) * ((1 - b1) * s / (1 - b1 ^ t)))
      with ((1 - b1) * (1 - b1) / ((1 - b1 ^ t) * (1 - b1 ^ t)) * (s * s)) by (field; lra).
    apply Rmult_le_compat_l; [|exact CS]. apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; nra]. }
  assert (K0 : 0 <= K).
  { unfold K. assert (0 <= w) by (apply weights_positive; apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; lra]).
    repeat apply Rmult_le_pos; try lra; try nra; left; apply Rinv_0_lt_compat; nra. }
  assert (MD : m * m <= K * (d * d)) by (eapply Rle_trans; [exact M | apply Rmult_le_compat_l; assumption]).
  replace (- (lr * m / d) * - (lr * m / d)) with (lr * lr * (m * m / (d * d))) by (field; lra).
  apply Rmult_le_compat_l; [nra|]. apply Rmult_le_reg_r with (d * d); [nra|].
  replace (m * m / (d * d) * (d * d)) with (m * m) by (field; lra). exact MD.
Qed.

(* Without eps a constant gradient moves a parameter by the learning rate, whatever its size. *)
Theorem update_of_signs (lr b1 b2 g : R) (t : nat) :
  0 < lr -> 0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat -> g <> 0 ->
  Rabs (last_update lr b1 b2 0 (repeat g t)) = lr.
Proof.
  intros L B1 B2 T G. rewrite update_of_constant_gradients by assumption. pose proof (Rabs_pos_lt g G).
  rewrite Rabs_Ropp, Rplus_0_r. unfold Rdiv. rewrite !Rabs_mult, Rabs_inv, Rabs_Rabsolu, (Rabs_pos_eq lr) by lra.
  field. lra.
Qed.
